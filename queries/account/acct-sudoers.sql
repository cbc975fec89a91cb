-- name: acct-sudoers
-- title: Who may become root without a password
-- tags: account, privilege
-- attack: T1548.003
-- about: NOPASSWD and !authenticate. Clouds give it to their first user (cloud-init), automation to its
--   account; with a command in the rule it is that command only, and what that one can be made to run.
-- key: path, header, rule_details
select source as path, header, rule_details
from sudoers
where rule_details like '%NOPASSWD%' or rule_details like '%!authenticate%'
