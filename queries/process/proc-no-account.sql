-- name: proc-no-account
-- title: Processes of a user that does not exist
-- tags: process, account
-- attack: T1036
-- about: The account was deleted while its processes went on, or somebody chose a number. Those in
--   containers, of systemd's dynamic users (61184 to 65519), of subordinate ids (from 100000) and of
--   65534, which is nobody on every Linux, are left out; users of LDAP and the like are known to the
--   host's name service only: list their range.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, parent
select pid, start_time, parent, uid, name, path, cmdline
from processes
where uid not in (select uid from users)
	and coalesce(container_id, '') = '' and uid < 100000 and uid not between 61184 and 65519
	and uid != 65534
