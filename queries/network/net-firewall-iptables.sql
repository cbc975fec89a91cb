-- name: net-firewall-iptables
-- title: The rules of iptables
-- tags: network, firewall, configuration
-- attack: T1562.004
-- about: To compare with yesterday: an ACCEPT that was put first, rules that are gone, a DROP against the
--   log server. Docker and Kubernetes change theirs all day.
-- key: filter_name, chain, target, protocol, src_ip, src_port, dst_ip, dst_port, iniface, outiface, match
-- diff-ignore: packets, bytes
select filter_name, chain, policy, target, protocol, src_ip, src_mask, src_port, dst_ip, dst_mask, dst_port,
	iniface, outiface, match, packets, bytes
from iptables
