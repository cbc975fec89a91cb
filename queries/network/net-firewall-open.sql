-- name: net-firewall-open
-- title: No packet filter that refuses anything on the way in
-- tags: network, firewall, posture
-- packs: posture
-- attack: T1562.004
-- about: No chain of iptables or nftables at the input has the policy drop or a rule that drops or
--   rejects. Right where a security group or a firewall in front does that work; a row on a host that
--   had none yesterday says that somebody flushed the rules.
-- key: why
select 'nothing is refused at the input' as why,
	(select count(*) from nft_rules where rule != '') as nft_rules,
	(select count(*) from iptables where target != '') as iptables_rules
where exists (select 1 from interface_details)
	and not exists (select 1 from nft_rules
		where hook in ('input', 'prerouting', 'ingress') and (lower(policy) = 'drop' or rule like '%drop%' or rule like '%reject%'))
	and not exists (select 1 from nft_rules a join nft_rules b using (family, table_name)
		where a.hook = 'input' and (a.rule like '%jump%' or a.rule like '%goto%')
			and (b.rule like '%drop%' or b.rule like '%reject%'))
	and not exists (select 1 from iptables
		where filter_name = 'filter' and (chain = 'INPUT' and policy = 'DROP' or target in ('DROP', 'REJECT')))
