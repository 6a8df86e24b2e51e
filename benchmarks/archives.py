"""The official archives that tables can be made of."""

from functools import partial

from benchmarks.importers import nats, nb101_tfrecord, nb201_pth, tnb101_pth
from benchmarks.importers.archive import Archive

ARCHIVES: dict[str, Archive] = {
    "nb101_tfrecord": Archive(
        nb101_tfrecord.read,
        source="NAS-Bench-101 (official archive)",
        licence="Apache-2.0 (NAS-Bench-101)",
        note="CIFAR-10 accuracy in %, mean over runs, after 108 epochs, or as many as the target's name ends with.",
    ),
    "nb201_pth": Archive(
        nb201_pth.read,
        source="NAS-Bench-201 (official archive)",
        licence="MIT (NAS-Bench-201)",
        note="Accuracy in %, mean over training seeds, after 200 epochs, or 12 where the target's name ends with _12.",
    ),
    "nats_tss": Archive(
        partial(nats.read, space="nb201", suffixes=nats.TOPOLOGY),
        source="NATS-Bench topology space (official archive)",
        licence="MIT (NATS-Bench)",
        note="Accuracy in %, mean over training seeds, after 200 epochs, or 12 where the target's name ends with _12.",
    ),
    "nats_sss": Archive(
        partial(nats.read, space="nats_sss", suffixes=nats.SIZES),
        source="NATS-Bench size space (official archive)",
        licence="MIT (NATS-Bench)",
        note="Accuracy in %, mean over training seeds, after 90 epochs, or as many as the target's name ends with.",
    ),
    "tnb101_pth": Archive(
        tnb101_pth.read,
        source="TransNAS-Bench-101 (official archive)",
        licence="MIT (TransNAS-Bench-101)",
        note=(
            "Validation results of one run, the best epoch's (valid_best) and the last one's (valid_final): top-1 "
            "accuracy in % of class_object, class_scene and jigsaw, negative loss of room_layout, SSIM of autoencoder "
            "and normal, mean IoU in % of segmentsemantic."
        ),
    ),
}
