-- name: acct-ssh-private-keys
-- title: Private SSH keys without a passphrase
-- tags: account, credentials, posture
-- packs: posture
-- attack: T1552.004
-- about: Whoever reads the file is that user, on every host that knows the key. Automation needs some; a
--   person's key on a server is better an agent's.
-- key: username, path
select u.username, k.path, k.key_type, f.mode, f.mtime
from user_ssh_keys k join users u using (uid) left join file f on f.path = k.path
where k.encrypted = 0
