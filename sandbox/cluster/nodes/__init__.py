"""Everything that lives in the cluster behind the API server."""

from sandbox.cluster.nodes.faults import WORKLOAD_FAULTS
from sandbox.cluster.nodes.nodes import Nodes

__all__ = ["WORKLOAD_FAULTS", "Nodes"]
