// Package mqtt tells a fleet broker how the gateway is doing (DESIGN §7; MQTT 3.1.1,
// QoS 1, github.com/eclipse/paho.mqtt.golang): the retained status with birth and last
// will, events, telemetry, and the retained state of each machine.
//
// It promises:
//
//   - Nothing that is told to it blocks or fails: [Client.Event], [Client.Telemetry],
//     [Client.Machine] and [Client.State] only take. A broker that is away, slow, full,
//     refusing or restarting is a state, seen in edged_mqtt_connected, and never an
//     error of the service.
//   - What is told as event or telemetry is kept in [edged/internal/mqtt/spool] until
//     the broker has acknowledged it (PUBACK), and sent again with the same seq if it
//     has not: at least once. Its numbers have no holes but announced ones.
//   - Birth on every connect, before anything else; the last will of that connection
//     has the same session, so that a will that comes late is told from the next life.
//   - A connection that is no use ends: no answer to a ping within 30 s, no write within
//     5 s, no PUBACK within 30 s. The next try waits with full jitter, longer each time,
//     until a connection has held for a minute: two gateways of one name do not fight.
//
// It refuses to read anything: it subscribes to nothing. It knows no order, lane or
// store; what it publishes are the values of payload.go, whose schemas are in api/mqtt.
package mqtt
