"""The network that NAS-Bench-101 stacks from a cell (arXiv 1902.09635, section 2), as nasbench_pytorch builds it."""

from types import SimpleNamespace

import numpy as np
import torch
from nasbench_pytorch.model.model import Cell as CellModule
from nasbench_pytorch.model.model import Network, Placeholder
from torch import nn

from benchmarks.nb101.cell import Cell
from benchmarks.tasks import Task

# TensorFlow's momentum of batch norm, with which the benchmark was trained, is the share that is kept: .997.
MOMENTUM = 1 - 0.997


def build(cell: Cell, task: Task, channels: int, cells: int) -> nn.Module:
    """Return the network with ``cells`` cells in each of three stacks, of ``channels``, 2x and 4x that many.

    It maps images [B, C, H, W] to logits [B, task.outputs]. Weights are drawn as for the benchmark's training, by
    fan-in: normal of variance 1 / fan-in in convolutions (there without its tails), Glorot uniform in the last layer.
    """
    network = Network(
        # The two attributes that it reads; its own class would hold the matrix as a tensor and branch on that.
        SimpleNamespace(matrix=np.array(cell.matrix), ops=list(cell.operations)),
        num_labels=task.outputs,
        in_channels=task.image_shape[0],
        stem_out_channels=channels,
        num_modules_per_stack=cells,
        tf_like=True,
    )
    return _mended(network)


def _mended(network: nn.Module) -> nn.Module:
    """Take out what computes nothing, and give all batch norms the momentum of training.

    A parameter that computes nothing stands where a vertex has no operation or projection, and an empty one marks the
    device of a cell. The package's own argument for the momentum does not reach the operations of the vertices.
    """
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, Placeholder):
                setattr(module, name, nn.Identity())
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = MOMENTUM
        elif isinstance(module, CellModule):
            del module.dev_param
            module.register_buffer("dev_param", torch.empty(0), persistent=False)
            # The last projection is registered twice. Here its second name is no module's any more: with two,
            # torch.func.functional_call does not give back the weights that it replaces.
            del module.last_inop
            module.__dict__["last_inop"] = module.input_op[-1]
    return network
