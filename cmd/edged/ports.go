package main

import (
	"strings"

	"github.com/spf13/cobra"

	"edged/internal/serialdev/port"
)

type portList struct {
	Ports []port.Info `json:"ports"`
}

// newPorts lists the serial ports; it does not ask the daemon.
func newPorts() *cobra.Command {
	cmd := printing(&cobra.Command{
		Use:   "ports",
		Short: "Serial ports, and the path to put into the configuration",
		Long: `List the serial ports of this machine with what is plugged in there. CONFIGURE AS is the
path for the configuration: it stays the same when devices are plugged in elsewhere or
in another order. No port is opened.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ports, err := port.List()
			if err != nil {
				return err
			}
			return printAnswer(cmd, portList{append([]port.Info{}, ports...)}, showPorts)
		},
	})
	cmd.AddCommand(newPortsTrace())
	return cmd
}

func showPorts(p *printer, l portList) {
	t := table{heading: []string{"CONFIGURE AS", "DEVICE", "DRIVER", "USB", "WHAT IT SAYS IT IS"}}
	for _, i := range l.Ports {
		usb := ""
		if i.VendorID != "" {
			usb = i.VendorID + ":" + i.ProductID
		}
		stable := i.ByID
		if stable == "" {
			stable = i.Device
		}
		name := strings.Join(strings.Fields(i.Manufacturer+" "+i.Product+" "+i.Serial), " ")
		t.add(plain, stable, i.Device, i.Driver, usb, name)
	}
	p.table(t, "No serial ports.")
}
