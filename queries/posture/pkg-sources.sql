-- name: pkg-sources
-- title: Where packages come from
-- tags: posture, packages, inventory
-- attack: T1195.002
-- about: Repositories of apt, yum and dnf. One more than the hosts beside it is to be explained.
-- key: name, path, uri
select name, source as path, base_uri as uri, release, components
from apt_sources
union all
select name, source, coalesce(nullif(baseurl, ''), nullif(mirrorlist, ''), metalink), '', ''
from yum_sources
where enabled in ('1', 'true', 'yes', '')
