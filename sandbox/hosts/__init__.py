"""The machines under the cluster over SSH: a bastion, the nodes behind it, and the commands of a triage on them."""
