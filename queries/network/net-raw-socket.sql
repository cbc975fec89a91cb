-- name: net-raw-socket
-- title: Processes that see or make packets by themselves
-- tags: network, sniffing, backdoor
-- packs: triage
-- attack: T1040, T1205.002
-- about: Packet and raw sockets are for sniffers and for backdoors that wait for a magic packet
--   (BPFDoor). DHCP clients, network managers, routing and monitoring daemons and ping have them
--   honestly and are left out, but only where they are run from the system's directories; tcpdump is
--   shown: who runs it?
-- key: path, cmdline, family, protocol
-- diff-ignore: pid, start_time
select distinct s.pid, p.start_time, p.uid, p.name, p.path, p.cmdline,
	case s.family when 17 then 'packet' else 'raw' end as family, s.protocol
from process_open_sockets s join processes p using (pid)
where (s.family = 17 or (s.family in (2, 10) and s.protocol not in (0, 6, 17, 33, 132, 136)))
	and not (regex_match(p.path, '^/(usr/)?(s?bin|lib[^/]*|libexec)/', 0) is not null
		and regex_match(p.name, '^(systemd(-.*)?|dhclient|dhcpcd.*|udhcpc|dhcpd|dnsmasq|NetworkManager|nm-.*|wpa_supplicant|hostapd|lldpd|lldpad|keepalived|vrrpd|bird|zebra|ospfd|ospf6d|isisd|ldpd|pimd|frr|chronyd|ping6?|fping|arping|traceroute|mtr(-packet)?|snmpd|zabbix_.*|suricata|zeek|snort|arpwatch|radvd|pppd|xl2tpd|charon|pluto|vmtoolsd|cilium-agent|calico-node|rdisc|ipmitool|avahi-daemon|connmand|iwd|ModemManager|wickedd.*|irqbalance|networkd-dispat)$', 0) is not null)
