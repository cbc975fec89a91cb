-- name: kernel-cmdline
-- title: Protections that were off when the kernel started
-- tags: posture, kernel, hardening
-- attack: T1562.001
-- about: Words of the kernel's command line such as mitigations=off, selinux=0, apparmor=0, audit=0,
--   module.sig_enforce=0, nosmep, init=/bin/sh. Hosts for computation run with mitigations=off on
--   purpose.
-- key: arguments
select arguments, version
from kernel_info
where regex_match(arguments, '(^| )(mitigations=off|selinux=0|enforcing=0|apparmor=0|security=none|lsm=[^ ]*none|audit=0|nosmep|nosmap|nokaslr|nopti|pti=off|nospectre_v[12]|module\.sig_enforce=0|lockdown=none|init=/bin/|rdinit=/bin/|systemd\.debug[_-]shell|single|debug_shell)( |=|$|[a-z])', 0) is not null
