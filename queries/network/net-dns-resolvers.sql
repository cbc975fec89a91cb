-- name: net-dns-resolvers
-- title: Name servers that this host asks
-- tags: network, configuration, inventory
-- attack: T1071.004, T1584.002
-- about: They are the same within a site: the one that differs is the news. 127.0.0.53 is
--   systemd-resolved, which has servers of its own.
-- key: type, address
select type, address
from dns_resolvers
where type in ('nameserver', 'search')
