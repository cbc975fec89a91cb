-- name: logins-public
-- title: Logins from addresses of the internet
-- tags: account
-- packs: triage
-- attack: T1078, T1133
-- about: wtmp's logins whose source is not a private address. Where access is by VPN or jump host only,
--   there are none.
-- key: username, source
-- diff-ignore: time, tty
-- param: hours=168  how far back
select time, username, host as source, tty
from last
where type_name = 'user-process' and time > (select unix_time from time) - :hours * 3600
	and regex_match(host, '^[0-9]{1,3}(\.[0-9]{1,3}){3}$|:.*:', 0) is not null
	and regex_match(replace(host, '::ffff:', ''),
		'^(127\.|0\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe[89ab]|::1|:[0-9])', 0) is null
order by time desc
