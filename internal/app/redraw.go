package app

import (
	"edged/internal/screen"
	"edged/internal/screen/catalogue"
)

// redraw shows other texts from now on.
func (c *customerScreen) redraw(texts *catalogue.Texts, label string) {
	c.mu.Lock()
	c.face.Texts, c.label = texts, label
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *customerScreen) drawnFor() screen.Face {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.face
}

func (c *customerScreen) doorLabel() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.label
}
