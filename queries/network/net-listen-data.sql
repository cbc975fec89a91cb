-- name: net-listen-data
-- title: Databases and control ports open to the network
-- tags: network, exposure, posture
-- packs: posture
-- attack: T1190, T1133
-- about: Redis, MongoDB, Elasticsearch, memcached, Docker, etcd, kubelet and their like on another address
--   than loopback: many of them ask for no password unless told to. On a database server in a network of
--   its own that is how it should be; the firewall is not looked at.
-- key: address, port, name
-- diff-ignore: pid, start_time
select l.address, l.port,
	case l.port when 6379 then 'redis' when 27017 then 'mongodb' when 9200 then 'elasticsearch'
		when 9300 then 'elasticsearch' when 11211 then 'memcached' when 3306 then 'mysql'
		when 5432 then 'postgresql' when 2375 then 'docker, no TLS' when 2376 then 'docker'
		when 2379 then 'etcd' when 10250 then 'kubelet' when 10255 then 'kubelet' when 5601 then 'kibana'
		when 8500 then 'consul' when 2181 then 'zookeeper' when 9000 then 'php-fpm, portainer'
		when 5984 then 'couchdb' when 1521 then 'oracle' when 1433 then 'mssql'
		when 873 then 'rsync' when 111 then 'rpcbind' when 2049 then 'nfs' when 445 then 'smb'
		when 5900 then 'vnc' when 3389 then 'rdp' when 6443 then 'kubernetes' when 8888 then 'jupyter'
	end as service,
	l.pid, p.start_time, p.uid, p.name, p.path
from listening_ports l left join processes p using (pid)
where l.family in (2, 10) and l.address not like '127.%' and l.address != '::1'
	and l.port in (6379, 27017, 9200, 9300, 11211, 3306, 5432, 2375, 2376, 2379, 10250, 10255, 5601, 8500,
		2181, 9000, 5984, 1521, 1433, 873, 111, 2049, 445, 5900, 3389, 6443, 8888)
