package errcode

// What is wrong with a port.
const (
	PortUnplugged   Code = "EDG-PORT-001"
	PortNotFound    Code = "EDG-PORT-002"
	PortBusy        Code = "EDG-PORT-003"
	PortNoTTY       Code = "EDG-PORT-004"
	PortPermission  Code = "EDG-PORT-005"
	PortUnreachable Code = "EDG-PORT-006"
	PortSettings    Code = "EDG-PORT-007"
)

// deviceDown is what a customer sees of a device without its line.
const deviceDown = "For a terminal: \"Out of service\" with E11. For a display: it keeps what it shows."

func ports() []Entry {
	return []Entry{
		{
			PortUnplugged, "", "The device is gone",
			"It was unplugged, lost its power, or the other end of the TCP connection closed it.",
			deviceDown,
			"Check cable and power. edged opens the line again by itself. If it repeats, look for the USB device in the kernel's log: a weak hub or supply.", first,
		},
		{
			PortNotFound, "", "There is no such device",
			"The path of the port does not exist, or nothing is behind it.",
			deviceDown,
			"\"edged ports\" lists what is plugged in and the path to put into the file; use the one below /dev/serial/by-id/.", first,
		},
		{
			PortBusy, "", "Another program has the port",
			"Another edged, a serial console (getty), ModemManager or a terminal program holds it.",
			deviceDown,
			"Find it with \"fuser -v PORT\" and stop it; disable a getty or ModemManager for this port.", first,
		},
		{
			PortNoTTY, "", "It is not a serial port",
			"The path names a file, a directory or another kind of device.",
			deviceDown,
			"Put the right path into the file: \"edged ports\".", first,
		},
		{
			PortPermission, "", "edged may not open the port",
			"The user of the daemon is not in the port's group.",
			deviceDown,
			"Add the user to the group of the device (dialout on Debian), or give the service SupplementaryGroups=dialout; restart edged.", first,
		},
		{
			PortUnreachable, "", "No connection to the device",
			"The TCP connection to the address in the file does not come about.",
			deviceDown,
			"Is the device on, is the address right, is a firewall between? Try \"ping\" and the port from this machine.", first,
		},
		{
			PortSettings, "", "The port cannot be set so",
			"The driver of the port does not know the baud rate or the frame.",
			deviceDown,
			"Use a baud rate that the adapter knows (9600 to 115200), or another adapter.", first,
		},
	}
}
