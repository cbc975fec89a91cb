-- name: pam-modules-unpackaged
-- title: PAM modules that belong to no package
-- tags: persistence, credentials, integrity
-- packs: triage
-- attack: T1556.003
-- about: A module sees every password. Those of dpkg and rpm are left out; vendors' installers (two-factor
--   login, single sign-on) leave some behind. A module of a package that was replaced is pkg-tampered-deb's
--   or pkg-tampered-rpm's.
-- key: path
-- diff-ignore: mtime, ctime
with owned (path) as materialized (
	select path from deb_package_files where path like '%/security/%'
	union select path from rpm_package_files where path like '%/security/%'
)
select path, uid, mode, size, mtime, ctime
from file
where (path like '/usr/lib/%/security/%.so' or path like '/usr/lib/security/%.so'
		or path like '/usr/lib64/security/%.so' or path like '/usr/local/lib/security/%.so')
	and path not in (select path from owned)
	and replace(path, '/usr/lib', '/lib') not in (select path from owned)
	and exists (select 1 from owned)
