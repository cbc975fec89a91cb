-- name: motd-recent
-- title: Login and network scripts that changed lately
-- tags: persistence, shell, network
-- attack: T1546.004, T1546
-- about: /etc/update-motd.d runs as root at each login; if-up.d, NetworkManager's dispatcher.d, dhclient's
--   and networkd's hooks run as root whenever a link comes up. Package upgrades change some.
-- key: path
-- diff-ignore: mtime, ctime, size
-- param: days=7  how far back
select path, uid, mode, size, mtime, ctime
from file
where (path like '/etc/update-motd.d/%' or path like '/etc/network/if-%.d/%'
		or path like '/etc/NetworkManager/dispatcher.d/%%' or path like '/etc/networkd-dispatcher/%%'
		or path like '/etc/dhcp/dhclient-%-hooks.d/%' or path like '/etc/ppp/ip-up.d/%'
		or path in ('/etc/dhcp/dhclient-enter-hooks', '/etc/dhcp/dhclient-exit-hooks'))
	and type = 'regular'
	and ctime > (select unix_time from time) - :days * 86400
