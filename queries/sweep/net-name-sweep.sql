-- name: net-name-sweep
-- title: Which hosts have this name in settings?
-- tags: network, sweep
-- attack: T1071, T1584.002
-- about: In /etc/hosts, as a resolver, in known_hosts of users and in the settings of SSH clients, and in the
--   command lines of processes. Hashed known_hosts do not tell their names.
-- key: source, value
-- param: text  a name or an address
select '/etc/hosts' as source, address || ' ' || hostnames as value
from etc_hosts where address || ' ' || hostnames like '%' || :text || '%'
union all
select '/etc/resolv.conf', address from dns_resolvers where address like '%' || :text || '%'
union all
select key_file, substr(key, 1, 200) from known_hosts where key like '%' || :text || '%'
union all
select ssh_config_file, block || ' ' || option from ssh_configs
where block || ' ' || option like '%' || :text || '%'
union all
select 'process ' || name, cmdline from processes
where cmdline like '%' || :text || '%' and name not like 'tocsin%'
