// Package world is the physical truth around edged's simulators: cabinets with
// doors and goods, customers with cards and plans. It ties a terminal, a display
// and the SaaS of each lane together: a door opens when the SaaS accepted an
// OpenDoor, goods leave the cabinet, the door closes, the SaaS recognises.
//
// It owns the record of what was really taken, by whom, after which tap (Event,
// LoadLedger), on disk before the SaaS hears of it, and the scenarios: what a
// customer does, what goes wrong, and what may come of it (Expect), so that an
// auditor can demand that every unpaid sale and every early release be explained
// by something that was scripted.
//
// It refuses to know the gateway: it never looks into it, and waits for it only by
// what terminal and SaaS have in their ledgers.
package world
