package config

import "time"

// Defaults is the configuration of an empty file. What has no default (gateway,
// account, lanes) is empty and refused by validation.
func Defaults() *Config {
	return &Config{
		StateDir: "/var/lib/edged",
		SaaS: SaaS{
			BaseURL:           "https://openapi1.ourvend.com",
			KeyFile:           "saas-key",
			SecretFile:        "saas-secret",
			RequestsPerSecond: 5,
			Timeout:           Duration(5 * time.Second),
			APIVersion:        "auto",
		},
		Callbacks: Callbacks{
			Poll:       true,
			MACKeyFile: "callback-key",
		},
		Purchase: Purchase{
			OpenDeadline:     Duration(15 * time.Second),
			ResolveWindow:    Duration(10 * time.Minute),
			DecisionDeadline: Duration(20 * time.Hour),
			OnDeadline:       "release",
			OverLimit:        "report_paid",
			DoorRemind:       Duration(90 * time.Second),
			DoorAlarm:        Duration(10 * time.Minute),
		},
		Queue: Queue{
			DrainPerSecond: 2,
			RetryBase:      Duration(time.Second),
			RetryCap:       Duration(5 * time.Minute),
			ReserveBytes:   8 * mebi,
			EventLimit:     100_000,
		},
		MQTT: defaultMQTT(),
		Metrics: Metrics{
			Listen: "127.0.0.1:9464",
			RemoteWrite: RemoteWrite{
				Version:       1,
				Interval:      Duration(30 * time.Second),
				BufferSamples: 500_000,
				BufferAge:     Duration(2 * time.Hour),
			},
		},
		Console:     Console{Listen: "127.0.0.1:9465"},
		AdminSocket: "/run/edged/edged.sock",
		Log:         Log{Level: "info", Format: "auto"},
	}
}

func defaultMQTT() MQTT { return MQTT{TelemetryInterval: Duration(time.Minute)} }

// SetDefaults is called for each terminal before its keys are read. Capture has
// no default on purpose: the two modes carry opposite amounts (ZVT notes §10),
// and only the provider knows which one a terminal takes.
func (t *Terminal) SetDefaults() {
	*t = Terminal{
		Baud:         9600,
		StopBits:     2,
		Profile:      genericProfile,
		MaxHolds:     1,
		HoldTTL:      Duration(120 * time.Hour),
		EndOfDay:     "03:30",
		Reversal:     "none",
		SessionLimit: Duration(4 * time.Minute),
	}
}

// SetDefaults is called before the keys of the block are read.
func (d *Display) SetDefaults() { *d = Display{Language: "en", Charset: "cp858"} }

// SetDefaults is called before the keys of the block are read.
func (b *Badge) SetDefaults() { *b = Badge{AllowFile: "badges.txt"} }

// SetDefaults is called before the keys of the block are read.
func (r *Relay) SetDefaults() {
	*r = Relay{Listen: "0.0.0.0:8443", MasterKeyFile: "relay-key", MQTT: defaultMQTT()}
}
