package ui

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"tally/app"
	"tally/assets"
)

// destinationForm edits one destination. The stream key goes straight from its
// entry to the studio; it is never shown again.
type destinationForm struct {
	window *Window
	sheet  *sheet
	saved  app.Destination // as it was; without ID when it is new

	service     *sheetSelect
	server      *sheetSelect // of a service
	address     *sheetEntry  // of an own server
	name        *sheetEntry
	backup      *sheetEntry // another server for the same key
	main        *sheetCheck
	enhanced    *sheetCheck // only of an own server
	key         *sheetEntry
	note        *paragraph
	find        *sheetLink
	serverField *fyne.Container
	addressPart *fyne.Container
	findRow     *fyne.Container
	ca          *sheetEntry // path of a file
	caPart      *fyne.Container
	scroll      *container.Scroll // nil in the guide, which shows only a part

	found app.Key // a key that was part of the pasted address

	kept func(app.Destination) // it is saved
}

const formWidth = 420

func ownServer() string { return tr("Own server") }

// newDestinationForm makes the parts of the form, for a sheet to show.
func newDestinationForm(w *Window, s *sheet, d app.Destination) *destinationForm {
	f := &destinationForm{window: w, sheet: s, saved: d, kept: func(app.Destination) { s.close() }}
	k := &f.sheet.keys
	f.note = hintText("", formWidth)

	names := []string{ownServer()}
	for _, s := range assets.Services() {
		names = append(names, s.Name)
	}
	f.service = newSheetSelect(k, names, nil)
	f.server = newSheetSelect(k, nil, nil)
	f.address = newSheetEntry(k, tr("rtmp://server/app, or the whole address with the key"))
	f.address.pasted, f.address.left = f.takeApart, f.takeApart
	f.address.OnChanged = func(string) { f.showAuthority(); f.say("", false) }
	f.ca = newSheetEntry(k, tr("a PEM file  none: leave it empty"))
	f.ca.OnChanged = func(string) { f.say("", false) }
	f.caPart = field(tr("Certificate authority of your own server"),
		ends(f.ca, newSheetButton(k, tr("Choose…"), widget.MediumImportance, f.chooseAuthority)), nil)
	f.name = newSheetEntry(k, tr("as you like, for example Sunday stream"))
	f.backup = newSheetEntry(k, tr("rtmp://…  none: leave it empty"))
	f.backup.OnChanged = func(string) { f.say("", false) }
	f.main = newSheetCheck(k, tr("Main: the bitrate follows this one's connection"), nil)
	f.main.Checked = d.Main
	f.main.Hidden = len(w.shown.Settings.Destinations) < 2 && !d.Main
	f.enhanced = newSheetCheck(k, tr("It takes Enhanced RTMP: HEVC, AV1 and Opus"), nil)
	f.enhanced.Checked = d.Enhanced
	f.key = newSheetPassword(k, keyPlaceholder(w.shown.Keys.Present[d.ID]))
	f.find = newSheetLink(k, tr("Where do I find my key?"))
	f.findRow = pad(-6, -6, -8, 0, f.find) // a link keeps a distance that the form has already

	f.serverField = field(tr("Server"), f.server, nil)
	f.addressPart = field(tr("Server address"), f.address, nil)
	f.note.Hide()
	f.fill(d)
	f.service.OnChanged = func(string) { f.serviceChosen(""); f.sheet.grow() }
	return f
}

func (w *Window) showDestination(d app.Destination) {
	f := newDestinationForm(w, w.newSheet(), d)
	k := &f.sheet.keys
	f.scroll = container.NewVScroll(pad(0, 0, lowEdge, lowEdge, widthOf(formWidth, column(12,
		field(tr("Service"), f.service, nil),
		f.serverField, f.addressPart, f.caPart,
		column(tight, newLine(tr("Stream key"), colorSecondary, sizeSmall).bold(), f.key, keyNote(w.shown.Keys), f.findRow),
		field(tr("Backup server, if the first one fails"), f.backup, nil),
		field(tr("Name"), f.name, nil),
		f.enhanced,
		f.main,
		f.note,
	))))
	body := container.New(lowLayout{w, 0}, f.scroll)
	title := tr("Edit destination")
	if d.ID == "" {
		title = tr("Add a destination")
	}
	cancel := newSheetButton(k, tr("Cancel"), widget.MediumImportance, f.sheet.close)
	save := newSheetButton(k, tr("Save"), widget.HighImportance, f.save)
	var first fyne.Focusable = f.service
	if d.ID == "" || d.Service == "" {
		first = f.address
	}
	f.sheet.open(title, body, first, cancel, save)
}

func keyPlaceholder(present bool) string {
	if present {
		return tr("••••••••••••  stored – type to replace it")
	}
	return tr("from your service's dashboard")
}

// keyNote says where the key goes.
func keyNote(k app.KeyStatus) *paragraph {
	return hintText(cmp.Or(say(k.Note), tr("Kept in your desktop's keyring, never in a file or a log.")), formWidth)
}

// fill shows a destination.
func (f *destinationForm) fill(d app.Destination) {
	f.name.SetText(d.Name)
	f.backup.SetText(d.Backup)
	f.ca.SetText(d.CA)
	service, known := assets.ServiceByID(d.Service)
	if !known {
		f.service.SetSelected(ownServer())
		f.address.SetText(d.URL)
		f.serviceChosen("")
		return
	}
	f.service.SetSelected(service.Name)
	f.serviceChosen(d.URL)
}

// chosen is the service that is selected.
func (f *destinationForm) chosen() (assets.Service, bool) {
	all := assets.Services()
	i := slices.IndexFunc(all, func(s assets.Service) bool { return s.Name == f.service.Selected })
	if i < 0 {
		return assets.Service{}, false
	}
	return all[i], true
}

// serviceChosen shows what the service asks for: its servers, or an address.
func (f *destinationForm) serviceChosen(address string) {
	service, known := f.chosen()
	known = known && len(service.Servers) > 0
	show(f.serverField, known)
	show(f.addressPart, !known)
	show(f.enhanced, !known)
	f.showAuthority()
	f.findRow.Hide()
	f.say(say(app.Sentence(service.Note)), false)
	if u, err := url.Parse(service.KeyPage); err == nil && u.Scheme == "https" {
		f.find.SetURL(u)
		f.findRow.Show()
	}
	if !known {
		return
	}
	var names []string
	selected := service.Servers[0].Name
	for _, s := range service.Servers {
		names = append(names, s.Name)
		if s.URL == address {
			selected = s.Name
		}
	}
	f.server.SetOptions(names)
	f.server.SetSelected(selected)
}

// showAuthority asks for the file only where one can matter: for an own server that
// encrypts. It stays as long as there is one, so that it can be taken out.
func (f *destinationForm) showAuthority() {
	own := !f.addressPart.Hidden && strings.HasPrefix(strings.ToLower(strings.TrimSpace(f.address.Text)), "rtmps:")
	show(f.caPart, own || f.ca.Text != "")
}

func (f *destinationForm) chooseAuthority() {
	f.window.chooseFile([]string{".pem", ".crt", ".cer"}, f.ca.SetText)
}

// serverAddress is where the show would go.
func (f *destinationForm) serverAddress() string {
	service, known := f.chosen()
	if !known || len(service.Servers) == 0 {
		return f.address.Text
	}
	for _, s := range service.Servers {
		if s.Name == f.server.Selected {
			return s.URL
		}
	}
	return ""
}

// takeApart moves a key that was pasted with the address out of sight.
func (f *destinationForm) takeApart() {
	typed := strings.TrimSpace(f.address.Text)
	if typed == "" || f.key.Text != "" {
		return
	}
	address, key, problem := f.window.studio.ParseDestination(typed, "")
	if !problem.IsZero() && key.Empty() {
		return // it may not be finished; saving says what is wrong
	}
	if key.Empty() {
		return
	}
	f.found = key
	f.address.SetText(address)
	f.key.SetPlaceHolder(tr("••••••••••••  taken from the address"))
	f.say(tr("The last part of the address was the stream key. It is kept out of sight."), false)
}

func (f *destinationForm) say(text string, wrong bool) {
	color := colorSecondary
	if wrong {
		color = colorBad
	}
	f.note.set(text, color)
	show(f.note, text != "")
	f.sheet.grow()
	if wrong && f.scroll != nil {
		f.scroll.ScrollToBottom()
	}
}

// lowLayout gives a scroller the height of what is in it, or what the window has beside
// a sheet's title and buttons. Its edges lie outside, so that they cut off no border.
type lowLayout struct {
	window *Window
	more   float32 // that stands beside them
}

const lowEdge = 4

func (l lowLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	content := o[0].(*container.Scroll).Content.MinSize()
	const rest = 150 // title, buttons and the distances around
	return fyne.NewSize(content.Width-2*lowEdge, min(content.Height, l.window.win.Canvas().Size().Height-rest-l.more))
}

func (l lowLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Move(fyne.NewPos(-lowEdge, 0))
	o[0].Resize(fyne.NewSize(s.Width+2*lowEdge, s.Height))
}

// problemText is a problem with its advice.
func problemText(p app.Problem) string { return tr("%s %s", say(p.Title), say(p.Advice)) }

func (f *destinationForm) save() {
	f.takeApart()
	typed := strings.TrimSpace(f.key.Text)
	check := typed
	if check == "" && (!f.found.Empty() || f.window.shown.Keys.Present[f.saved.ID]) {
		check = "stored" // the real one is not at hand; what is checked is the address
	}
	address, key, problem := f.window.studio.ParseDestination(f.serverAddress(), check)
	if !problem.IsZero() {
		f.say(problemText(problem), true)
		return
	}
	backup := strings.TrimSpace(f.backup.Text)
	if backup != "" { // its key is the same one; a key in it is taken out of sight
		if backup, _, problem = f.window.studio.ParseDestination(backup, "stored"); !problem.IsZero() {
			f.say(tr("Backup server: %s", problemText(problem)), true)
			return
		}
	}
	ca := strings.TrimSpace(f.ca.Text)
	if _, err := app.ReadAuthorities(ca); err != nil {
		f.say(problemText(app.Explain(err)), true)
		return
	}
	d := f.saved
	d.CA = ca
	d.URL, d.Service, d.Name = address, "", strings.TrimSpace(f.name.Text)
	d.Backup, d.Main, d.Enhanced = backup, f.main.Checked, f.enhanced.Checked && !f.enhanced.Hidden
	service, known := f.chosen()
	if known {
		d.Service = service.ID
	}
	if d.Name == "" {
		d.Name = cmp.Or(service.Name, host(address))
	}
	fresh := d.ID == ""
	if fresh {
		d.ID = newID()
	}
	err := f.window.tryApply(func(s *app.Settings) {
		if i := indexOf(s.Destinations, d.ID); i >= 0 {
			s.Destinations[i] = d
			return
		}
		for i := range s.Destinations {
			s.Destinations[i].Enabled = false
		}
		d.Enabled = true
		s.Destinations = append(s.Destinations, d)
	})
	if err != nil {
		f.say(sentence(err), true)
		return
	}
	switch {
	case typed != "":
		f.window.studio.SetKey(d.ID, key)
	case !f.found.Empty():
		f.window.studio.SetKey(d.ID, f.found)
	}
	f.kept(d)
}
