-- name: ssh-authorized-keys
-- title: Keys that may log in over SSH
-- tags: persistence, ssh, account, inventory
-- attack: T1098.004
-- about: Of every local account. To compare with yesterday and with the list of those who should. Keys
--   elsewhere (AuthorizedKeysFile, AuthorizedKeysCommand, certificates) are in sshd-keys-elsewhere.
-- key: username, key_data, path
select u.username, k.algorithm, k.options, k.comment, k.key as key_data, k.key_file as path
from authorized_keys k join users u using (uid)
