-- name: ssh-client-commands
-- title: Commands that users' ssh runs, and keys it offers on
-- tags: persistence, ssh, credentials
-- attack: T1546, T1563.001
-- about: ProxyCommand and LocalCommand run at every ssh; ForwardAgent lends the keys to the other side;
--   ControlPersist leaves doors open for whoever is the same user. All have honest uses: whose line is it?
-- key: path, block, option
select u.username, c.block, c.option, c.ssh_config_file as path
from ssh_configs c left join users u using (uid)
where regex_match(lower(c.option), '^(localcommand|permitlocalcommand\s+yes|knownhostscommand|proxycommand\s.*(/tmp/|/dev/shm/|/\.|curl|wget|nc .*-e|sh -c|bash -c)|forwardagent\s+yes|stricthostkeychecking\s+(no|off)|pkcs11provider|securitykeyprovider)', 0) is not null
