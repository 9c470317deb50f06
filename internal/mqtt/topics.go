package mqtt

// topics are those of one gateway (DESIGN §7). Names of gateways and machines have no
// character that means anything in a topic: the configuration refuses them.
type topics struct{ root string }

func topicsOf(gateway string) topics { return topics{"edged/v1/" + gateway} }

func (t topics) status() string           { return t.root + "/status" }
func (t topics) events() string           { return t.root + "/events" }
func (t topics) telemetry() string        { return t.root + "/telemetry" }
func (t topics) machine(id string) string { return t.root + "/machines/" + id }
