-- name: net-routes
-- title: Routes that lead through a gateway
-- tags: network, configuration, inventory
-- attack: T1557
-- about: The default route, and every other network that is not on a link of its own. A route for a single
--   address is rare; compare with the hosts beside it.
-- key: destination, netmask, gateway, interface
select destination, netmask, gateway, interface, metric, type
from routes
where gateway not in ('', '0.0.0.0', '::')
