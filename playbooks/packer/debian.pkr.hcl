# An image of Debian 12 on EC2 by windlass: packer init . && packer build debian.pkr.hcl
packer {
  required_plugins {
    amazon  = { source = "github.com/hashicorp/amazon", version = ">= 1.3" }
    ansible = { source = "github.com/hashicorp/ansible", version = ">= 1.1" }
  }
}

variable "region" {
  type    = string
  default = "eu-central-1"
}

source "amazon-ebs" "debian" {
  region        = var.region
  instance_type = "t3.small"
  ssh_username  = "admin"
  ami_name      = "base-{{timestamp}}"
  source_ami_filter {
    owners      = ["136693071363"]
    most_recent = true
    filters     = { name = "debian-12-amd64-*", virtualization-type = "hvm" }
  }
}

build {
  sources = ["source.amazon-ebs.debian"]

  provisioner "ansible" {
    # windlass takes the command line of ansible-playbook; the builder needs no Python.
    command             = "/usr/local/bin/ansible-playbook"
    skip_version_check  = true
    use_proxy           = false
    playbook_file       = "${path.root}/../image.yml"
    extra_arguments     = ["--extra-vars", "image_packages=['cloud-init']"]
  }
}
