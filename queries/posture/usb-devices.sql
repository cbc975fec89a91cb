-- name: usb-devices
-- title: USB devices, hubs left out
-- tags: posture, hardware, inventory
-- attack: T1200, T1091
-- about: On a server: keyboards and sticks do not come by themselves. Remote consoles (BMC) show a keyboard, a
--   mouse and a virtual medium.
-- key: vendor_id, model_id, serial
-- diff-ignore: usb_address, usb_port
select vendor, model, vendor_id, model_id, serial, class, removable, usb_address, usb_port
from usb_devices
where coalesce(class, '') not in ('9', '09') and vendor_id != '1d6b'
