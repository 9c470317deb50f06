package errcode

// What is wrong with the fleet broker. Nothing of it touches a sale.
const (
	MQTTAway    Code = "EDG-MQTT-001"
	MQTTRefused Code = "EDG-MQTT-002"
	MQTTSilent  Code = "EDG-MQTT-003"
)

func brokers() []Entry {
	return []Entry{
		{
			MQTTAway, "", "The fleet broker cannot be reached",
			"No connection to mqtt.broker, or it was lost: no network, a wrong name or port, a certificate that is not accepted, or a second gateway of the same name that takes the connection over.",
			nothing,
			"Sales go on; telemetry and events are kept and sent later. Check mqtt.broker and mqtt.ca_file, and that no other gateway has this name.", first,
		},
		{
			MQTTRefused, "", "The fleet broker refuses this gateway",
			"The broker has answered, and does not accept the user name, the password, the client certificate or the client identifier.",
			nothing,
			"Compare mqtt.username, mqtt.password_file and the client certificate with what the broker knows of this gateway. The broker's log says more.", first,
		},
		{
			MQTTSilent, "", "The fleet broker acknowledges nothing",
			"The connection stands and nothing that was published was acknowledged for 30 s: the broker hangs, is overloaded, or has no room.",
			nothing,
			"Look at the broker: disk, memory, limits. The gateway connects anew by itself and sends what was not acknowledged again.", first,
		},
	}
}
