-- name: net-hosts-file
-- title: Names that /etc/hosts leads elsewhere
-- tags: network, configuration
-- attack: T1565.001
-- about: Everything but the machine's own names. Look for names of updates, security products and
--   identity providers. Clusters list their members there. Names that are led to nowhere are
--   net-hosts-blocked.
-- key: address, hostnames
select address, hostnames
from etc_hosts
where address not like '127.%' and address not in ('::1', '0.0.0.0', '::')
	and address not like 'fe00::%' and address not like 'ff00::%' and address not like 'ff02::%'
