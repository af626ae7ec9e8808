#!/usr/bin/env python3
"""Builds "MoEScope Figures": the ten digits of Inter with their tabular alternates as default glyphs.

Qt 6.4 cannot switch font features on, and Inter's default digits are proportional. Each weight becomes a font of
ten glyphs with Inter's own metrics, so that it can stand first in a family list without changing any line height.

Usage: python3 build_figures.py [folder of Inter-*.otf] [output folder]       (needs fontTools)
"""
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FAMILY = "MoEScope Figures"
WEIGHTS = {"Regular": 400, "Medium": 500, "SemiBold": 600}
DIGITS = [ord(c) for c in "0123456789"]


def tabular(font):
    """Glyph name -> its tnum alternate."""
    gsub = font["GSUB"].table
    alternates = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag != "tnum":
            continue
        for index in record.Feature.LookupListIndex:
            for table in gsub.LookupList.Lookup[index].SubTable:
                table = getattr(table, "ExtSubTable", table)
                alternates.update(getattr(table, "mapping", {}))
    return alternates


def rename(font, style, weight):
    names = font["name"]
    names.names = [n for n in names.names if n.nameID in (0, 13, 14)]
    regular = weight == 400
    values = {
        1: FAMILY if regular else f"{FAMILY} {style}",
        2: "Regular",
        3: f"{FAMILY} {style} 1.0",
        4: f"{FAMILY} {style}",
        5: "Version 1.0",
        6: f"MoEScopeFigures-{style}",
        16: FAMILY,
        17: style,
    }
    for key, value in values.items():
        names.setName(value, key, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames = [values[6]]
        top = cff[0]
        top.FamilyName, top.FullName, top.Weight = FAMILY, values[4], style


def equalise(font, source):
    """Inter's interpolated weights differ by a unit or two of 2816; a real difference is an error."""
    glyphs = [font.getBestCmap()[c] for c in DIGITS]
    widths = {font["hmtx"][g][0] for g in glyphs}
    if max(widths) - min(widths) > 4:
        raise SystemExit(f"{source}: digits have widths {sorted(widths)}, expected one")
    for glyph in glyphs:
        font["hmtx"][glyph] = (max(widths), font["hmtx"][glyph][1])


def build(source, target, style, weight):
    font = TTFont(source)
    alternates = tabular(font)
    cmap = font.getBestCmap()
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap = {c: alternates.get(cmap[c], cmap[c]) for c in DIGITS}
    options = subset.Options(hinting=False, layout_features=[], name_IDs=["*"], notdef_outline=True,
                             glyph_names=False, recalc_bounds=False, drop_tables=["GSUB", "GPOS", "GDEF"])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=DIGITS)
    subsetter.subset(font)
    rename(font, style, weight)
    equalise(font, source)
    font.save(target)


def main():
    source = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/fonts/opentype/inter")
    target = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parent)
    for style, weight in WEIGHTS.items():
        build(source / f"Inter-{style}.otf", target / f"MoEScopeFigures-{style}.otf", style, weight)


if __name__ == "__main__":
    main()
