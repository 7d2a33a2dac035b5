"""The account around the cluster: its databases and caches, over boto3."""
