-- name: acct-shell-history
-- title: Commands in shell histories that intruders type
-- tags: account, evidence
-- packs: triage
-- attack: T1059.004, T1070.003
-- about: Downloads into a shell, reverse shells, clearing of logs and histories, firewall switched off,
--   immutable files, password files read, tunnels. Administrators type some of these: who, when, and
--   what before and after?
-- key: username, command, path
-- diff-ignore: time
select u.username, h.time, h.command, h.history_file as path
from shell_history h join users u using (uid)
where regex_match(h.command, '(curl|wget)[^|]*\| *(sudo +)?(ba|da|z|k)?sh|/dev/(tcp|udp)/|(nc|ncat|netcat) .*-[a-z]*[ec]|bash -i|pty\.spawn|history +-[cw]|unset +HISTFILE|HISTFILE=/dev/null|HISTSIZE=0|ln .*/dev/null .*_history|rm .*(_history|/var/log/)|shred |> */var/log/|journalctl .*--vacuum|iptables +(-F|--flush)|nft +flush|ufw +disable|setenforce +0|systemctl +(stop|disable|mask) .*(audit|rsyslog|firewalld|falcon|mdatp|osquery|wazuh|clamav|apparmor)|chattr +[^ ]*\+[^ ]*i|insmod |ld\.so\.preload|cat +/etc/shadow|unshadow|chmod +[^ ]*[us0-9]*\+s|chmod +[4267][0-7]{3} |useradd .*-o|usermod .*(sudo|wheel)|authorized_keys|base64 +-d|xmrig|masscan|linpeas|pspy|chisel|ngrok|touch +-(r|t|d) ', 0) is not null
