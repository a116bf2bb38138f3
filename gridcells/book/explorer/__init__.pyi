from .model import Exploration as Exploration
from .model import Settings as Settings
from .model import explore as explore
from .model import seeded_noise as seeded_noise
from .widget import Explorer as Explorer
