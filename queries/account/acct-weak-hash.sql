-- name: acct-weak-hash
-- title: Passwords kept in a form that is broken quickly
-- tags: account, credentials, posture
-- packs: posture
-- attack: T1110.002
-- about: DES and MD5 crypt. Left from old systems, or set by a script of somebody who had brought the hash
--   along.
-- key: username
-- diff-ignore: last_change
select username, hash_alg, password_status, last_change
from shadow
where password_status = 'active' and coalesce(hash_alg, '') in ('', '1', 'md5')
