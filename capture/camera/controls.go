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

// ControlKind says what a control's values mean.
type ControlKind int

const (
	Slider ControlKind = iota // Min to Max in steps
	Switch                    // 0 or 1
	Menu                      // one of Choices
	Button                    // has no value; setting it does something
)
