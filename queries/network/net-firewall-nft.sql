-- name: net-firewall-nft
-- title: The rules of nftables
-- tags: network, firewall, configuration
-- attack: T1562.004
-- about: To compare with yesterday: rules that are gone, an accept that was put first. iptables-nft's are
--   here too. Docker, firewalld and Kubernetes change theirs.
-- key: family, table_name, chain, rule
-- diff-ignore: handle, packets, bytes
select family, table_name, chain, hook, priority, policy, handle, rule, packets, bytes
from nft_rules
