-- name: proc-miner
-- title: Cryptocurrency miners, by their words
-- tags: process, malware, impact
-- packs: triage
-- attack: T1496
-- about: Names and options of the miners that are used most. A renamed one with a configuration file has
--   none of them: see proc-top-cpu and net-odd-port.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, parent
select pid, start_time, parent, uid, name, path, cmdline
from processes
where regex_match(cmdline, 'stratum(\+(tcp|ssl|tls))?[0-9]*://|--donate-level|--(coin|algo)[= ](monero|rx/|randomx|cn/|cryptonight|ethash|kawpow)|-o [^ ]*(pool|xmr|monero)[^ ]*:[0-9]+|nicehash|minexmr|supportxmr|moneroocean|c3pool|nanopool', 0) is not null
	or regex_match(lower(name), 'xmrig|xmr-stak|minerd$|cpuminer|ccminer|ethminer|nbminer|t-rex|phoenixminer|kdevtmpfsi|kinsing|srbminer|lolminer|gminer', 0) is not null
