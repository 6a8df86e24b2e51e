"""The seven tasks of TransNAS-Bench-101 (arXiv 2105.11871, section 3), all on images of Taskonomy."""

from collections.abc import Mapping

from benchmarks.labels import ClassMap, ClassProbabilities, Numbers, OwnImage, Picture, TileOrder
from benchmarks.tasks import Task, absolute_error, soft_cross_entropy, squared_error


def tasks(image_size: int) -> Mapping[str, Task]:
    """Return the tasks by name, for square images of ``image_size`` pixels (paper: 256).

    Autoencoder and surface normals are trained with an adversarial term besides the absolute error, which has no
    meaning for an untrained network and is left out.
    """
    shape, images = (3, image_size, image_size), "taskonomy"
    return {
        task.name: task
        for task in (
            Task("class_object", 75, shape, images, soft_cross_entropy, ClassProbabilities()),
            Task("class_scene", 47, shape, images, soft_cross_entropy, ClassProbabilities()),
            Task("room_layout", 9, shape, images, squared_error, Numbers()),
            Task("jigsaw", 1000, shape, images, label=TileOrder(), grid=3),
            Task("segmentsemantic", 17, shape, images, label=ClassMap()),
            Task("autoencoder", 3, shape, images, absolute_error, OwnImage()),
            Task("normal", 3, shape, images, absolute_error, Picture()),
        )
    }
