// Package config owns edged.yaml: its keys (a contract, DESIGN §6), their defaults,
// strict decoding and validation, the secret files it names, and the last valid
// configuration kept on flash.
//
// It promises that a file is either valid as a whole or refused with every problem
// at once, each as file:line: path.to.key: what, got, wanted; and that no secret
// appears in a problem, a log record or a printed value. It opens no port and no
// connection. Only app and cmd read it: other rooms get their own Options.
package config

// Config is one valid configuration. Paths of files are as written: Resolve finds
// them.
type Config struct {
	Gateway     string    `yaml:"gateway"`
	Site        string    `yaml:"site"`
	StateDir    string    `yaml:"state_dir"`
	SaaS        SaaS      `yaml:"saas"`
	Callbacks   Callbacks `yaml:"callbacks"`
	Lanes       []Lane    `yaml:"lanes"`
	Purchase    Purchase  `yaml:"purchase"`
	Queue       Queue     `yaml:"queue"`
	MQTT        MQTT      `yaml:"mqtt"`
	Metrics     Metrics   `yaml:"metrics"`
	Console     Console   `yaml:"console"`
	AdminSocket string    `yaml:"admin_socket"`
	Log         Log       `yaml:"log"`
	// Relay is read by `edged relay` only; nil if the file has none.
	Relay *Relay `yaml:"relay,omitempty"`

	source string
}

// Source is the file the configuration came from.
func (c *Config) Source() string { return c.source }

// SaaS is the vendor's OpenApi and the account at it.
type SaaS struct {
	BaseURL           string   `yaml:"base_url"`
	AppID             string   `yaml:"app_id"`
	KeyFile           string   `yaml:"key_file"`
	SecretFile        string   `yaml:"secret_file"`
	RequestsPerSecond int      `yaml:"requests_per_second"`
	Timeout           Duration `yaml:"timeout"`
	APIVersion        string   `yaml:"api_version"`
	LockedState       string   `yaml:"locked_state"`
}

// Callbacks says how the SaaS reaches this gateway.
type Callbacks struct {
	PublicURL   string `yaml:"public_url"`
	Listen      string `yaml:"listen"`
	TLSCertFile string `yaml:"tls_cert_file"`
	TLSKeyFile  string `yaml:"tls_key_file"`
	Relay       bool   `yaml:"relay"`
	Poll        bool   `yaml:"poll"`
	MACKeyFile  string `yaml:"mac_key_file"`
}

// Lane is one card terminal with its display and badge reader, serving doors.
type Lane struct {
	Name     string   `yaml:"name"`
	Doors    []Door   `yaml:"doors"`
	Terminal Terminal `yaml:"terminal"`
	Display  *Display `yaml:"display,omitempty"`
	Badge    *Badge   `yaml:"badge,omitempty"`
}

// Door is one door of one cabinet; Label is what the customer reads.
type Door struct {
	MachineID string `yaml:"machine_id"`
	Door      int    `yaml:"door"`
	Label     string `yaml:"label"`
}

// Terminal is a card terminal. Port is a device path or tcp://host:port.
type Terminal struct {
	Driver            string   `yaml:"driver"`
	Port              string   `yaml:"port"`
	Baud              int      `yaml:"baud"`
	StopBits          int      `yaml:"stop_bits"`
	PasswordFile      string   `yaml:"password_file"`
	Profile           string   `yaml:"profile"`
	Capture           string   `yaml:"capture"`
	MaxHolds          int      `yaml:"max_holds"`
	HoldTTL           Duration `yaml:"hold_ttl"`
	EndOfDay          string   `yaml:"end_of_day"`
	HoldsOverEndOfDay bool     `yaml:"holds_over_end_of_day"`
	Reversal          string   `yaml:"reversal"`
	SessionLimit      Duration `yaml:"session_limit"`
	Timers            Timers   `yaml:"timers"`
}

// Timers are the line timers of a ZVT terminal (ZVT notes §2.5); zero is the
// driver's default.
type Timers struct {
	T1 Duration `yaml:"t1"` // byte to byte
	T2 Duration `yaml:"t2"` // frame to its ACK
	T3 Duration `yaml:"t3"` // command to its answer
	T4 Duration `yaml:"t4"` // terminal command to the next
}

// Display is a customer display. Language is a code of the text catalogue; Charset is
// what the display can show; TextsFile holds the operator's own texts.
type Display struct {
	Driver    string `yaml:"driver"`
	Port      string `yaml:"port"`
	Language  string `yaml:"language"`
	Charset   string `yaml:"charset"`
	TextsFile string `yaml:"texts_file"`
}

// Badge is a staff badge reader; AllowFile lists the badges that may restock.
type Badge struct {
	Driver    string `yaml:"driver"`
	Port      string `yaml:"port"`
	AllowFile string `yaml:"allow_file"`
}

// Purchase is the policy of DESIGN §2. Amounts are "" (= not set here) or major
// units without a currency.
type Purchase struct {
	HoldLimit        Amount   `yaml:"hold_limit"`
	MinHold          Amount   `yaml:"min_hold"`
	OpenDeadline     Duration `yaml:"open_deadline"`
	ResolveWindow    Duration `yaml:"resolve_window"`
	DecisionDeadline Duration `yaml:"decision_deadline"`
	OnDeadline       string   `yaml:"on_deadline"`
	OverLimit        string   `yaml:"over_limit"`
	DoorRemind       Duration `yaml:"door_remind"`
	DoorAlarm        Duration `yaml:"door_alarm"`
}

// Queue bounds and paces the store's outbox.
type Queue struct {
	DrainPerSecond int      `yaml:"drain_per_second"`
	RetryBase      Duration `yaml:"retry_base"`
	RetryCap       Duration `yaml:"retry_cap"`
	ReserveBytes   Size     `yaml:"reserve_bytes"`
	EventLimit     int      `yaml:"event_limit"`
}

// MQTT is the fleet broker; an empty Broker means none.
type MQTT struct {
	Broker                string   `yaml:"broker"`
	Username              string   `yaml:"username"`
	PasswordFile          string   `yaml:"password_file"`
	CAFile                string   `yaml:"ca_file"`
	ClientCertFile        string   `yaml:"client_cert_file"`
	ClientKeyFile         string   `yaml:"client_key_file"`
	CommandsPublicKeyFile string   `yaml:"commands_public_key_file"`
	TelemetryInterval     Duration `yaml:"telemetry_interval"`
	SparkplugGroup        string   `yaml:"sparkplug_group"`
}

// Metrics serves Prometheus; an empty Listen means no listener.
type Metrics struct {
	Listen        string      `yaml:"listen"`
	WebConfigFile string      `yaml:"web_config_file"`
	RemoteWrite   RemoteWrite `yaml:"remote_write"`
}

// RemoteWrite pushes the metrics; an empty URL means not. BufferSamples and BufferAge
// bound what waits in RAM for the receiver.
type RemoteWrite struct {
	URL              string   `yaml:"url"`
	Version          int      `yaml:"version"`
	Interval         Duration `yaml:"interval"`
	Username         string   `yaml:"username"`
	PasswordFile     string   `yaml:"password_file"`
	BearerTokenFile  string   `yaml:"bearer_token_file"`
	CAFile           string   `yaml:"ca_file"`
	ClientCertFile   string   `yaml:"client_cert_file"`
	ClientKeyFile    string   `yaml:"client_key_file"`
	NativeHistograms bool     `yaml:"native_histograms"`
	BufferSamples    int      `yaml:"buffer_samples"`
	BufferAge        Duration `yaml:"buffer_age"`
}

// Console is the local web page; an empty Listen means none.
type Console struct {
	Listen      string `yaml:"listen"`
	TokenFile   string `yaml:"token_file"`
	TLSCertFile string `yaml:"tls_cert_file"`
	TLSKeyFile  string `yaml:"tls_key_file"`
}

// Log is where and how much is logged.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Relay is the public callback relay, a role of its own.
type Relay struct {
	Listen        string `yaml:"listen"`
	TLSCertFile   string `yaml:"tls_cert_file"`
	TLSKeyFile    string `yaml:"tls_key_file"`
	MasterKeyFile string `yaml:"master_key_file"`
	MQTT          MQTT   `yaml:"mqtt"`
}
