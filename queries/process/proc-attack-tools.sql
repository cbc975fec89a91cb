-- name: proc-attack-tools
-- title: Scanners, password crackers and the like
-- tags: process, discovery, credentials
-- packs: triage
-- attack: T1046, T1110, T1003
-- about: By name or command line, so a renamed one is missed. Security staff use the same tools: ask
--   who was at work.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, parent
select pid, start_time, parent, uid, name, path, cmdline
from processes
where regex_match(lower(name), '^(nmap|masscan|zmap|rustscan|fscan|naabu|hydra|medusa|ncrack|patator|crackmapexec|cme|nxc|john|hashcat|sqlmap|nikto|gobuster|ffuf|feroxbuster|dirb|wfuzz|nuclei|responder|bettercap|ettercap|mimipenguin.*|lazagne|linpeas.*|linenum.*|pspy.*|les\.sh|deepce.*|kerbrute|msfconsole|msfvenom|meterpreter|sliver.*|merlin.*|pupy.*|empire|havoc|impacket.*|secretsdump.*|traitor|pwnkit)', 0) is not null
	or regex_match(lower(cmdline), '(linpeas|linenum|linux-exploit-suggester|mimipenguin|lazagne|pspy(32|64)|chisel (client|server)|secretsdump\.py|psexec\.py|wmiexec\.py)', 0) is not null
