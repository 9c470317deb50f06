package script

import (
	"cmp"
	"time"

	"edged/internal/sim/saassim"
	"edged/internal/yamlfile"
)

// SaaS is the file of `edged sim saas`.
type SaaS struct {
	Service   saassim.Options     `yaml:"service"`   // the service itself: login, machines, the forms of its answers
	Calls     []saassim.CallFault `yaml:"calls"`     // what goes wrong with calls, of whatever order
	Orders    []Order             `yaml:"orders"`    // what happens to the orders of each door, one after the other
	Otherwise *saassim.Script     `yaml:"otherwise"` // what happens to all other orders; a bottle is taken and recognised
}

// Order is what happens to the next order of a door.
type Order struct {
	Machine        string `yaml:"machine"` // its number; the first there is
	Door           int    `yaml:"door"`    // its number; 1
	saassim.Script `yaml:",inline"`
}

// What the cloud has when a file does not say otherwise.
const (
	AppID     = "P000000000000000"
	Key       = "key"
	Secret    = "secret"
	MachineID = "2412090001"
)

// ParseSaaS reads a file. What it does not say is filled in: the result can be used as it
// is. With problems it must not be.
func ParseSaaS(file string, data []byte) (*SaaS, []yamlfile.Problem) {
	s, k := &SaaS{}, check{yamlfile.NewDecoder(file)}
	k.Decode(data, s)
	s.fill()
	k.saas(s)
	return s, k.Problems()
}

func (s *SaaS) fill() {
	o := &s.Service
	o.AppID, o.Key, o.Secret = cmp.Or(o.AppID, AppID), cmp.Or(o.Key, Key), cmp.Or(o.Secret, Secret)
	o.DetectAfter = cmp.Or(o.DetectAfter, 2*time.Second)
	if o.Machines == nil {
		o.Machines = []saassim.Machine{cabinet()}
	}
	if s.Otherwise == nil {
		s.Otherwise = &saassim.Script{}
	}
	if s.Otherwise.Shop == nil {
		s.Otherwise.Shop = bottle()
	}
	o.Default = *s.Otherwise
	for i := range s.Orders {
		order := &s.Orders[i]
		order.Door = cmp.Or(order.Door, 1)
		if order.Machine == "" && len(o.Machines) > 0 {
			order.Machine = o.Machines[0].ID
		}
		if order.Shop == nil {
			order.Shop = s.Otherwise.Shop // nobody else opens the door here
		}
	}
}

// cabinet is the one there is without a file.
func cabinet() saassim.Machine {
	return saassim.Machine{
		ID: MachineID, Name: "Demo", Signal: 4, Temperature: "5", RunningState: 1, PreAuthorLimit: "50", Currency: "EUR",
		Goods: []saassim.Goods{{ID: "101", Name: "Cola 0.33l", PriceMinor: 250, Door: 1}},
	}
}

// bottle is what happens at a door of which nothing is said.
func bottle() *saassim.Shop {
	return &saassim.Shop{
		OpenAfter: time.Second, CloseAfter: 5 * time.Second,
		Take: []saassim.Line{{ID: "101", Name: "Cola 0.33l", Count: "1", PriceMinor: 250}},
	}
}

// Arm tells a new simulator what will happen.
func (s *SaaS) Arm(sim *saassim.Sim) {
	sim.AddFault(s.Calls...)
	for _, o := range s.Orders {
		sim.AddScript(o.Machine, o.Door, o.Script)
	}
}
