package camera

// Control is something that can be set on a camera, such as its exposure, focus
// or white balance.
type Control struct {
	ID             uint32
	Name           string
	Kind           ControlKind
	Min, Max, Step int32
	Default, Value int32
	Choices        map[int32]string // of a Menu
	Inactive       bool             // has no effect now: an automatic has taken it over
}

// Standard is true for what cameras have in common. Makers add their own, which are
// for their own programs.
func (c Control) Standard() bool {
	const user, lens, own = 0x0098, 0x009A, 0x1000 // classes of V4L2, and where a maker's begin
	return (c.ID>>16 == user || c.ID>>16 == lens) && c.ID&0xFFFF < own
}

// ControlKind says what a control's values mean.
type ControlKind int

const (
	Slider ControlKind = iota // Min to Max in steps
	Switch                    // 0 or 1
	Menu                      // one of Choices
	Button                    // has no value; setting it does something
)

// SetControls gives a camera what has changed in what the user wants: a control that
// is wanted no more goes back to where its maker had it. It sets what it can: one
// that an automatic has taken over, or that is gone, stays as it is. Menus and
// switches come first, since they are what the automatics are switched with.
func SetControls(id string, before, want map[uint32]int32) {
	if len(before) == 0 && len(want) == 0 {
		return
	}
	all, err := Controls(id)
	if err != nil {
		return // using the camera fails for the same reason, and says it
	}
	for _, first := range []bool{true, false} {
		for _, c := range all {
			value, wanted := want[c.ID]
			old, known := before[c.ID]
			if !wanted {
				value = c.Default
			}
			if (c.Kind == Switch || c.Kind == Menu) == first && c.Kind != Button && (wanted && !(known && old == value) || !wanted && known) {
				_ = SetControl(id, c.ID, value)
			}
		}
	}
}
