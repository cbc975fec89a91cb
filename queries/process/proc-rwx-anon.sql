-- name: proc-rwx-anon
-- title: Processes with memory that is writable and executable
-- tags: process, injection, memory
-- attack: T1055
-- about: Injected code needs memory that it may write and run. JIT compilers have it too: java, node,
--   browsers, .NET, PHP with a JIT and the like are left out by name, so an injection into one of
--   those does not show here.
-- key: path, cmdline, uid
-- diff-ignore: pid, start_time, regions
select m.pid, p.start_time, p.uid, p.name, p.path, p.cmdline, count(*) as regions,
	min(m.start) as first_region
from process_memory_map m join processes p using (pid)
where m.permissions like 'rwx%' and (m.path in ('', '[heap]', '[stack]') or m.path like '/dev/zero%')
	and regex_match(p.name, '^(java|node|nodejs|deno|bun|chrome|chromium.*|firefox.*|code|electron|dotnet|mono.*|php.*|qemu.*|gjs|gnome-shell|polkitd|WebKit.*|luajit|beam.*|pypy.*|julia|wine.*|Isolated Web Co|Web Content|Xorg|plasmashell)$', 0) is null
group by m.pid
