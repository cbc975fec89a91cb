-- name: vault-contents
-- title: What was taken away, by whom, and why
-- tags: host, response
-- about: Deleted files and captured processes that the agent keeps as evidence. The id is what `restore` takes; the
--   content is /var/lib/tocsin/vault/ID/content, which `get` fetches.
-- param: sha256=%  SHA-256, or the beginning of one with % behind it
-- key: id
select id, datetime(time, 'unixepoch') as taken, kind, path, sha256, size, pid as was_pid, user, address, reason,
	datetime(restored_time, 'unixepoch') as restored
from vault
where coalesce(sha256, '') like :sha256
order by id
