-- name: acct-credential-files
-- title: Passwords and tokens of clouds and databases in files
-- tags: account, credentials, posture
-- attack: T1552.001
-- about: What an intruder collects first: from here they reach further. On servers that only serve there
--   should be none; where they are needed, the mode must not let others read.
-- key: path
-- diff-ignore: mtime, size
select path, uid, mode, size, mtime
from file
where (path like '/home/%/.aws/credentials' or path like '/home/%/.azure/%.json' or path like '/home/%/.kube/config'
		or path like '/home/%/.config/gcloud/%.db' or path like '/home/%/.docker/config.json'
		or path like '/home/%/.netrc' or path like '/home/%/.git-credentials' or path like '/home/%/.pgpass'
		or path like '/home/%/.my.cnf' or path like '/home/%/.npmrc' or path like '/home/%/.pypirc'
		or path like '/home/%/.vault-token' or path like '/home/%/.terraform.d/credentials%'
		or path in ('/root/.aws/credentials', '/root/.kube/config', '/root/.docker/config.json', '/root/.netrc',
			'/root/.git-credentials', '/root/.pgpass', '/root/.my.cnf', '/root/.npmrc', '/root/.pypirc',
			'/root/.vault-token', '/etc/kubernetes/admin.conf', '/etc/rancher/k3s/k3s.yaml'))
	and type = 'regular'
