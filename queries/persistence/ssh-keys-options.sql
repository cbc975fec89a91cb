-- name: ssh-keys-options
-- title: Authorized keys with a command or an environment
-- tags: persistence, ssh, account
-- attack: T1098.004
-- about: command= runs something at each login with that key, environment= can preload a library.
--   Backup and git servers use command= as they should: gitolite, borg, rsync and rrsync are left out, and
--   so are the "Please login as" lines of cloud images.
-- key: username, options, comment, path
select u.username, k.options, k.algorithm, k.comment, k.key_file as path
from authorized_keys k join users u using (uid)
where regex_match(k.options, 'command=|environment=|permitopen=|tunnel=', 0) is not null
	and regex_match(k.options, 'Please login as|gitolite|gitlab-shell|gitea|borg serve|rrsync|rsync --server|svnserve', 0) is null
