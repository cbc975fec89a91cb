-- name: startup-items
-- title: What starts with the machine or a session
-- tags: persistence, inventory
-- attack: T1037
-- about: Units, scripts of /etc/init.d and autostart entries of desktops. To compare with yesterday.
-- key: name, path, type, source
-- diff-ignore: status
select name, path, args, type, source, status, username
from startup_items
