-- name: pkg-tampered-rpm
-- title: Programs of rpm that are not as they were delivered
-- tags: posture, packages, integrity
-- attack: T1554
-- about: Holds the SHA-256 that rpm keeps against the files. prelink and local builds change files
--   honestly. Reads every one of those files: seconds.
-- key: path
-- diff-ignore: mtime, ctime
-- param: pattern=^/(usr/)?(s?bin/|lib(64)?/security/|libexec/openssh/|lib/systemd/systemd)  which files, a regular expression
with files as materialized (
	select path, package, sha256
	from rpm_package_files
	where sha256 != '' and regex_match(path, :pattern, 0) is not null
)
select r.path, r.package, r.sha256 as expected, h.sha256 as found, f.uid, f.mode, f.size, f.mtime, f.ctime
from files r join file f on f.path = r.path join hash h on h.path = r.path
where h.sha256 != r.sha256 and f.type = 'regular'
