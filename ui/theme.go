package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours beside those that Fyne knows. Each text colour is readable (4.5:1) on
// each surface that it is used on; TestContrast holds it.
const (
	colorSurface   fyne.ThemeColorName = "surface"   // a card on the background
	colorEdge      fyne.ThemeColorName = "edge"      // the line around a card
	colorSecondary fyne.ThemeColorName = "secondary" // captions and details
	colorStage     fyne.ThemeColorName = "stage"     // around the picture
	colorOnStage   fyne.ThemeColorName = "onStage"
	colorOnAir     fyne.ThemeColorName = "onAir" // viewers see it: nothing else is this red
	colorOnOnAir   fyne.ThemeColorName = "onOnAir"
	colorCaution   fyne.ThemeColorName = "caution" // needs an eye: connecting, reconnecting
	colorOnCaution fyne.ThemeColorName = "onCaution"
	colorRehearse  fyne.ThemeColorName = "rehearse"
	colorOnLamp    fyne.ThemeColorName = "onRehearse"
	colorOff       fyne.ThemeColorName = "off" // the lamp when nothing runs
	colorOnOff     fyne.ThemeColorName = "onOff"
	colorGood      fyne.ThemeColorName = "goodText"
	colorWarn      fyne.ThemeColorName = "warnText"
	colorBad       fyne.ThemeColorName = "badText"
	colorGo        fyne.ThemeColorName = "go"
	colorOnGo      fyne.ThemeColorName = "onGo"
	colorNotice    fyne.ThemeColorName = "notice"    // behind a warning sentence
	colorOnNotice  fyne.ThemeColorName = "onNotice"  // its text
	colorAlarm     fyne.ThemeColorName = "alarm"     // behind an error sentence
	colorOnAlarm   fyne.ThemeColorName = "onAlarm"   // its text
	colorGraph     fyne.ThemeColorName = "graph"     // bitrate
	colorGraphFill fyne.ThemeColorName = "graphFill" // under it
	colorGraphGap  fyne.ThemeColorName = "graphGap"  // seconds without a connection
)

// Text sizes beside those that Fyne knows.
const (
	sizeSmall  fyne.ThemeSizeName = "small"  // details
	sizeFigure fyne.ThemeSizeName = "figure" // numbers in the status bar
	sizeLamp   fyne.ThemeSizeName = "lamp"   // to be read from across the room
	sizeGo     fyne.ThemeSizeName = "goText"
	sizeStage  fyne.ThemeSizeName = "stageText"
)

// Theme is the look of Tally: calm greys, so that red means on air. The light or
// dark variant is the desktop's choice, unless the user has made one.
func Theme() fyne.Theme { return look{} }

type look struct{ always *fyne.ThemeVariant }

type shades map[fyne.ThemeColorName]color.NRGBA

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

func rgba(v uint32, a uint8) color.NRGBA {
	c := rgb(v)
	c.A = a
	return c
}

var dark = shades{
	theme.ColorNameBackground:          rgb(0x14161a),
	theme.ColorNameForeground:          rgb(0xeceef2),
	theme.ColorNameButton:              rgb(0x2c313a),
	theme.ColorNameDisabledButton:      rgb(0x22262d),
	theme.ColorNameDisabled:            rgb(0x8b919c),
	theme.ColorNamePlaceHolder:         rgb(0x9aa1ad),
	theme.ColorNameInputBackground:     rgb(0x282c34),
	theme.ColorNameInputBorder:         rgb(0x6f7684),
	theme.ColorNameHover:               rgba(0xffffff, 16),
	theme.ColorNamePressed:             rgba(0xffffff, 28),
	theme.ColorNameFocus:               rgba(0x6ea2ff, 120),
	theme.ColorNamePrimary:             rgb(0x2f6be4),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	theme.ColorNameHyperlink:           rgb(0x86b0ff),
	theme.ColorNameSelection:           rgba(0x2f6be4, 130),
	theme.ColorNameSeparator:           rgb(0x31363f),
	theme.ColorNameShadow:              rgba(0x000000, 120),
	theme.ColorNameScrollBar:           rgba(0xffffff, 70),
	theme.ColorNameScrollBarBackground: rgba(0xffffff, 12),
	theme.ColorNameMenuBackground:      rgb(0x262a32),
	theme.ColorNameOverlayBackground:   rgb(0x1f2329),
	theme.ColorNameHeaderBackground:    rgb(0x1c1f25),
	theme.ColorNameError:               rgb(0xd22f27),
	theme.ColorNameForegroundOnError:   rgb(0xffffff),
	theme.ColorNameWarning:             rgb(0xf0b429),
	theme.ColorNameForegroundOnWarning: rgb(0x1d1600),
	theme.ColorNameSuccess:             rgb(0x1f7a46),
	theme.ColorNameForegroundOnSuccess: rgb(0xffffff),

	colorSurface:   rgb(0x1c1f25),
	colorEdge:      rgb(0x2b3038),
	colorSecondary: rgb(0xa6adb9),
	colorStage:     rgb(0x08090b),
	colorOnStage:   rgb(0xc9cdd5),
	colorOnAir:     rgb(0xd22f27),
	colorOnOnAir:   rgb(0xffffff),
	colorCaution:   rgb(0xf0b429),
	colorOnCaution: rgb(0x1d1600),
	colorRehearse:  rgb(0x2f6be4),
	colorOnLamp:    rgb(0xffffff),
	colorOff:       rgb(0x31363f),
	colorOnOff:     rgb(0xe3e6eb),
	colorGood:      rgb(0x5fd392),
	colorWarn:      rgb(0xf5c04a),
	colorBad:       rgb(0xff8a80),
	colorGo:        rgb(0x2f6be4),
	colorOnGo:      rgb(0xffffff),
	colorNotice:    rgb(0x3a2f12),
	colorOnNotice:  rgb(0xf7e2b0),
	colorAlarm:     rgb(0x47201e),
	colorOnAlarm:   rgb(0xffdad6),
	colorGraph:     rgb(0x5f96ff),
	colorGraphFill: rgba(0x5f96ff, 60),
	colorGraphGap:  rgba(0xf0b429, 50),
}

var light = shades{
	theme.ColorNameBackground:          rgb(0xeceef1),
	theme.ColorNameForeground:          rgb(0x15181d),
	theme.ColorNameButton:              rgb(0xe4e7eb),
	theme.ColorNameDisabledButton:      rgb(0xeff1f3),
	theme.ColorNameDisabled:            rgb(0x6b7280),
	theme.ColorNamePlaceHolder:         rgb(0x616876),
	theme.ColorNameInputBackground:     rgb(0xf1f3f5),
	theme.ColorNameInputBorder:         rgb(0x858d9a),
	theme.ColorNameHover:               rgba(0x000000, 14),
	theme.ColorNamePressed:             rgba(0x000000, 28),
	theme.ColorNameFocus:               rgba(0x2160dc, 110),
	theme.ColorNamePrimary:             rgb(0x2160dc),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	theme.ColorNameHyperlink:           rgb(0x1b53c4),
	theme.ColorNameSelection:           rgba(0x2160dc, 70),
	theme.ColorNameSeparator:           rgb(0xd9dde3),
	theme.ColorNameShadow:              rgba(0x000000, 60),
	theme.ColorNameScrollBar:           rgba(0x000000, 90),
	theme.ColorNameScrollBarBackground: rgba(0x000000, 14),
	theme.ColorNameMenuBackground:      rgb(0xffffff),
	theme.ColorNameOverlayBackground:   rgb(0xffffff),
	theme.ColorNameHeaderBackground:    rgb(0xffffff),
	theme.ColorNameError:               rgb(0xc62520),
	theme.ColorNameForegroundOnError:   rgb(0xffffff),
	theme.ColorNameWarning:             rgb(0xf2b632),
	theme.ColorNameForegroundOnWarning: rgb(0x1d1600),
	theme.ColorNameSuccess:             rgb(0x17703d),
	theme.ColorNameForegroundOnSuccess: rgb(0xffffff),

	colorSurface:   rgb(0xffffff),
	colorEdge:      rgb(0xd9dde3),
	colorSecondary: rgb(0x565e6b),
	colorStage:     rgb(0x1a1c20),
	colorOnStage:   rgb(0xd6d9df),
	colorOnAir:     rgb(0xc62520),
	colorOnOnAir:   rgb(0xffffff),
	colorCaution:   rgb(0xf2b632),
	colorOnCaution: rgb(0x1d1600),
	colorRehearse:  rgb(0x2160dc),
	colorOnLamp:    rgb(0xffffff),
	colorOff:       rgb(0x5a616d),
	colorOnOff:     rgb(0xffffff),
	colorGood:      rgb(0x17703d),
	colorWarn:      rgb(0x855300),
	colorBad:       rgb(0xb3201b),
	colorGo:        rgb(0x2160dc),
	colorOnGo:      rgb(0xffffff),
	colorNotice:    rgb(0xfff1cc),
	colorOnNotice:  rgb(0x4d3600),
	colorAlarm:     rgb(0xfde3e1),
	colorOnAlarm:   rgb(0x7a1511),
	colorGraph:     rgb(0x2160dc),
	colorGraphFill: rgba(0x2160dc, 45),
	colorGraphGap:  rgba(0xf2b632, 90),
}

func (l look) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if l.always != nil {
		v = *l.always
	}
	of := dark
	if v == theme.VariantLight {
		of = light
	}
	if c, ok := of[name]; ok {
		return c
	}
	return theme.DefaultTheme().Color(name, v)
}

func (look) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case sizeSmall, theme.SizeNameCaptionText:
		return 12
	case sizeFigure:
		return 17
	case sizeLamp:
		return 19
	case sizeGo:
		return 22
	case sizeStage:
		return 20
	case theme.SizeNameSubHeadingText:
		return 17
	case theme.SizeNameInputRadius, theme.SizeNameButtonRadius, theme.SizeNameMenuRadius:
		return 6
	case theme.SizeNameDialogRadius, theme.SizeNamePopupRadius, theme.SizeNameCardRadius:
		return 10
	case theme.SizeNameModalBlurRadius:
		return 0 // a blur would be computed again for every frame of the preview
	}
	return theme.DefaultTheme().Size(name)
}

func (look) Font(s fyne.TextStyle) fyne.Resource        { return theme.DefaultTheme().Font(s) }
func (look) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// shade is a colour of the theme in use.
func shade(name fyne.ThemeColorName) color.Color {
	s := fyne.CurrentApp().Settings()
	return s.Theme().Color(name, s.ThemeVariant())
}

// size is a size of the theme in use.
func size(name fyne.ThemeSizeName) float32 { return fyne.CurrentApp().Settings().Theme().Size(name) }
