-- name: key-sweep
-- title: On which hosts may this SSH key log in?
-- tags: account, ssh, sweep
-- attack: T1098.004
-- about: By a part of the key (the base64 text) or of its comment. Keys in other places than the users'
--   authorized_keys files are not looked at.
-- key: username, key_data, path
-- param: text  part of the key or its comment
select u.username, k.algorithm, k.options, k.comment, k.key as key_data, k.key_file as path
from authorized_keys k join users u using (uid)
where k.key like '%' || :text || '%' or k.comment like '%' || :text || '%'
