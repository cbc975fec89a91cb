-- name: cron-all
-- title: Everything that cron runs
-- tags: persistence, cron, inventory
-- attack: T1053.003
-- about: Jobs of the system, of packages and of users, @reboot in the column event. To compare with
--   yesterday or with the hosts beside it.
-- key: path, command, event, minute, hour, day_of_month, month, day_of_week
select path, event, minute, hour, day_of_month, month, day_of_week, command
from crontab
